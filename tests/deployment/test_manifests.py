"""Files for platforms that tests cannot run, checked by schemas and against the images."""

from __future__ import annotations

import re
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import yaml

from tests.machine import REPOSITORY

CONTAINERS = REPOSITORY / "containers"
# The oldest version that Zero to JupyterHub's chart of July 2026 supports, and the newest one known
# to the validator.
VERSIONS = ["1.32", kubernetes_validate.latest_version()]


def read(name: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((CONTAINERS / name).read_text()))


@pytest.mark.parametrize("kubernetes", VERSIONS)
def test_the_kubernetes_manifest_is_valid(kubernetes: str) -> None:
    for resource in read("kubernetes.yaml"):
        kubernetes_validate.validate(resource, kubernetes, strict=True)


def only(**properties: dict[str, Any]) -> dict[str, Any]:
    """Return the JSON schema of an object with only ``properties``."""
    return {"type": "object", "additionalProperties": False, "properties": properties}


TEXT, NUMBER, LIST, OBJECT = ({"type": kind} for kind in ("string", "integer", "array", "object"))

# The used part of the "Configuration Reference" of Zero to JupyterHub (z2jh.jupyter.org), chart of
# July 2026. KubeSpawner's traits are under hub.config.
CHART = only(
    singleuser=only(
        image=only(name=TEXT, tag=TEXT),
        defaultUrl=TEXT,
        uid=NUMBER,
        fsGid=NUMBER,
        memory=only(guarantee=TEXT),
        storage=only(homeMountPath=TEXT, extraVolumes=LIST, extraVolumeMounts=LIST),
    ),
    hub=only(config=only(KubeSpawner=only(container_security_context=OBJECT))),
)


def test_the_values_for_zero_to_jupyterhub_fit_chart_and_image() -> None:
    (values,) = read("zero-to-jupyterhub.yaml")
    jsonschema.validate(values, CHART)
    singleuser = values["singleuser"]
    image = (CONTAINERS / "hub" / "Containerfile").read_text()
    assert f"USER {singleuser['uid']}\n" in image
    assert f"WORKDIR {singleuser['storage']['homeMountPath']}\n" in image
    assert singleuser["image"]["tag"] == "hub"
    deployment, _ = read("kubernetes.yaml")
    group = deployment["spec"]["template"]["spec"]["securityContext"]["fsGroup"]
    assert singleuser["fsGid"] == group


@pytest.mark.parametrize("kubernetes", VERSIONS)
def test_a_pod_of_zero_to_jupyterhub_is_valid(kubernetes: str) -> None:
    """The pod that chart and KubeSpawner create from the values."""
    (values,) = read("zero-to-jupyterhub.yaml")
    singleuser, storage = values["singleuser"], values["singleuser"]["storage"]
    context = values["hub"]["config"]["KubeSpawner"]["container_security_context"]
    home = {"name": "volume-ann", "mountPath": storage["homeMountPath"]}
    container = {
        "name": "notebook",
        "image": ":".join(singleuser["image"].values()),
        "resources": {"requests": {"memory": singleuser["memory"]["guarantee"]}},
        "securityContext": {**context, "runAsUser": singleuser["uid"]},
        "volumeMounts": [home, *storage["extraVolumeMounts"]],
    }
    claim = {"name": "volume-ann", "persistentVolumeClaim": {"claimName": "claim-ann"}}
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "jupyter-ann"},
        "spec": {
            "securityContext": {"fsGroup": singleuser["fsGid"]},
            "containers": [container],
            "volumes": [claim, *storage["extraVolumes"]],
        },
    }
    kubernetes_validate.validate(pod, kubernetes, strict=True)


@pytest.mark.parametrize("other", [".binder/Dockerfile", "containers/apptainer.def"])
def test_other_images_take_the_same_steps(other: str) -> None:
    """The steps of the tested image, without "user": Apptainer runs as the calling user."""
    image = steps((CONTAINERS / "tigervnc" / "Containerfile").read_text())
    same = [step for step in steps((REPOSITORY / other).read_text()) if "user" not in step]
    assert same == [step for step in image if "user" not in step]
    assert len(same) == 5


def steps(text: str) -> list[str]:
    return re.findall(r"^(?:RUN|   ) (/\S*steps/.*)$", text, re.MULTILINE)


def test_files_that_apptainer_copies_exist() -> None:
    text = (CONTAINERS / "apptainer.def").read_text()
    sources = set(re.findall(r"^    ([^/\s]\S*) /", text, re.MULTILINE))
    assert len(sources) == 8
    assert all((REPOSITORY / source).exists() for source in sources)

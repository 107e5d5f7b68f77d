"""What is for platforms that are not here: checked by their schemas, or against what is run."""

from __future__ import annotations

import re
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import yaml

from tests.machine import REPOSITORY

CONTAINERS = REPOSITORY / "containers"
# The oldest that Zero to JupyterHub's chart of July 2026 is for, and the newest that is known here.
VERSIONS = ["1.32", kubernetes_validate.latest_version()]


def read(name: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((CONTAINERS / name).read_text()))


@pytest.mark.parametrize("kubernetes", VERSIONS)
def test_the_kubernetes_manifest_is_valid(kubernetes: str) -> None:
    for resource in read("kubernetes.yaml"):
        kubernetes_validate.validate(resource, kubernetes, strict=True)


def only(**properties: dict[str, Any]) -> dict[str, Any]:
    """Return the JSON schema of an object that has nothing but ``properties``."""
    return {"type": "object", "additionalProperties": False, "properties": properties}


TEXT, NUMBER, LIST, OBJECT = ({"type": kind} for kind in ("string", "integer", "array", "object"))

# As in the "Configuration Reference" of Zero to JupyterHub (z2jh.jupyter.org), chart of July 2026:
# what is used of it. Under hub.config are KubeSpawner's traits.
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
    """What the chart and KubeSpawner make of the values."""
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
    """As the image that is run; whoever uses Apptainer brings a user along."""
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

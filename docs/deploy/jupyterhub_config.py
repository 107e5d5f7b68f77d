"""JupyterHub's idea of activity, where desktops are used: to be part of jupyterhub_config.py.

configurable-http-proxy takes everything that a browser sends for activity, and the hub believes
it. So a server whose desktop is open in some tab, with nobody before it, would never be idle: its
page says "I am here" every few seconds. With this proxy class the hub goes by what the servers
themselves report, every five minutes ($JUPYTERHUB_ACTIVITY_INTERVAL, in seconds).
"""

from jupyterhub.proxy import ConfigurableHTTPProxy


class ProxyWithoutActivity(ConfigurableHTTPProxy):
    """Routes as ever, and does not say when they were used last."""

    async def get_all_routes(self):
        """Return the routes (JupyterHub calls this, among other things for activity)."""
        routes = await super().get_all_routes()
        for route in routes.values():
            route["data"].pop("last_activity", None)
        return routes


c = get_config()  # noqa: F821
c.JupyterHub.proxy_class = ProxyWithoutActivity

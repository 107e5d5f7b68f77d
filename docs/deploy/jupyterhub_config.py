"""Activity of servers with desktops, for inclusion in jupyterhub_config.py.

configurable-http-proxy counts everything that a browser sends as activity, and the hub uses that.
So a server whose desktop is open in an unused tab would never be idle, since its page sends a
heartbeat every few seconds. With this proxy class the hub uses the servers' own reports, sent every
five minutes ($JUPYTERHUB_ACTIVITY_INTERVAL, in seconds).
"""

from jupyterhub.proxy import ConfigurableHTTPProxy


class ProxyWithoutActivity(ConfigurableHTTPProxy):
    """Leaves out when a route was last used."""

    async def get_all_routes(self):
        """Return the routes (called by JupyterHub, among other things for activity)."""
        routes = await super().get_all_routes()
        for route in routes.values():
            route["data"].pop("last_activity", None)
        return routes


c = get_config()  # noqa: F821
c.JupyterHub.proxy_class = ProxyWithoutActivity

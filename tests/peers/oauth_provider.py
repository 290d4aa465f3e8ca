"""A provider that wants people to sign in: one MCP server with its own OAuth, and a page that asks for consent.

The MCP package does the protocol (metadata, registration, PKCE, tokens); what a provider has to bring is here. Whatever is
secret begins with SECRET-, so that a test can look for it.
"""
import argparse
import html
import secrets
import socket
import sys
import time

import uvicorn
from mcp.server import MCPServer
from mcp.server.auth.provider import AccessToken, AuthorizationCode, RefreshToken, construct_redirect_uri
from mcp.server.auth.settings import AuthSettings, ClientRegistrationOptions
from mcp.shared.auth import OAuthToken
from starlette.responses import HTMLResponse, RedirectResponse

options = argparse.ArgumentParser()
options.add_argument("--path", default="/mcp", help="where the MCP server is")
PATH = options.parse_args().path
listener = socket.create_server(("127.0.0.1", 0))
URL = f"http://127.0.0.1:{listener.getsockname()[1]}"
SCOPES = ["mail"]


def secret():
    return f"SECRET-{secrets.token_urlsafe(24)}"


class Provider:
    def __init__(self):
        self.clients, self.asked, self.codes, self.access, self.refresh = {}, {}, {}, {}, {}

    async def get_client(self, client_id):
        return self.clients.get(client_id)

    async def register_client(self, client):
        self.clients[client.client_id] = client

    async def authorize(self, client, params):
        request = secrets.token_urlsafe(16)
        self.asked[request] = (client.client_id, params)
        return f"{URL}/consent?request={request}"

    def answered(self, request, allowed):
        client_id, params = self.asked.pop(request)
        if not allowed:
            return construct_redirect_uri(str(params.redirect_uri), error="access_denied", state=params.state)
        code = AuthorizationCode(
            code=secret(), scopes=params.scopes or SCOPES, expires_at=time.time() + 60, client_id=client_id,
            code_challenge=params.code_challenge, redirect_uri=params.redirect_uri,
            redirect_uri_provided_explicitly=params.redirect_uri_provided_explicitly, resource=params.resource,
        )
        self.codes[code.code] = code
        return construct_redirect_uri(str(params.redirect_uri), code=code.code, state=params.state)

    async def load_authorization_code(self, client, code):
        return self.codes.get(code)

    async def exchange_authorization_code(self, client, code):
        del self.codes[code.code]
        return self.issue(client.client_id, code.scopes, code.resource)

    async def load_refresh_token(self, client, token):
        return self.refresh.get(token)

    async def exchange_refresh_token(self, client, token, scopes):
        del self.refresh[token.token]
        return self.issue(client.client_id, scopes or token.scopes, token.resource)

    def issue(self, client_id, scopes, resource):
        access, refresh = secret(), secret()
        until = int(time.time()) + 3600
        self.access[access] = AccessToken(token=access, client_id=client_id, scopes=scopes, expires_at=until, resource=resource)
        self.refresh[refresh] = RefreshToken(token=refresh, client_id=client_id, scopes=scopes, resource=resource)
        return OAuthToken(access_token=access, token_type="Bearer", expires_in=3600, scope=" ".join(scopes), refresh_token=refresh)

    async def load_access_token(self, token):
        return self.access.get(token)

    async def revoke_token(self, token):
        self.access.pop(token.token, None)
        self.refresh.pop(token.token, None)


provider = Provider()
server = MCPServer(
    "mail",
    auth_server_provider=provider,
    auth=AuthSettings(
        issuer_url=URL, resource_server_url=f"{URL}{PATH}", required_scopes=SCOPES, validate_token_resource=True,
        client_registration_options=ClientRegistrationOptions(enabled=True, valid_scopes=SCOPES, default_scopes=SCOPES),
    ),
)


@server.tool()
async def unread_mail() -> str:
    """How many letters have not been read."""
    return "3"


@server.custom_route("/consent", methods=["GET", "POST"])
async def consent(request):
    if request.method == "POST":
        form = await request.form()
        back = provider.answered(form["request"], form["answer"] == "allow")
        return RedirectResponse(back, status_code=302)
    asked = html.escape(request.query_params["request"])
    buttons = "".join(f'<button id="{answer}" name="answer" value="{answer}">{answer}</button>' for answer in ("allow", "deny"))
    return HTMLResponse(
        f'<!doctype html><html lang="en"><title>Mail</title><h1>Let HomePilot read your mail?</h1>'
        f'<form method="post"><input type="hidden" name="request" value="{asked}">{buttons}</form></html>'
    )


print(f"The provider is at {URL}", file=sys.stderr, flush=True)
config = uvicorn.Config(server.streamable_http_app(host="127.0.0.1", streamable_http_path=PATH), log_level="warning")
uvicorn.Server(config).run(sockets=[listener])

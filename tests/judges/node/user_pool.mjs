// A user pool of oidc-provider's, which the OpenID Foundation has certified: one JSON argument in (redirect_uri), one
// JSON line out once it listens. It issues what Cognito's would: one key for each kind of token, RS256, JWTs that
// say what they are for. It goes on until it is ended. Run by conftest.py.

import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';

import { Provider } from 'oidc-provider';
import MemoryAdapter from 'oidc-provider/lib/adapters/memory_adapter.js';

const { redirect_uri } = JSON.parse(process.argv[2]);
const HOUR = 3600; // seconds
const SCOPES = 'openid email profile';
const ADA = { sub: randomUUID(), username: 'ada', email: 'ada@example.com', email_verified: true, name: 'Ada' };
const APP = {
  client_id: 'app',
  token_endpoint_auth_method: 'none',
  grant_types: ['authorization_code', 'refresh_token'],
  redirect_uris: [redirect_uri],
  require_auth_time: true,
};

function key(kid) {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { ...privateKey.export({ format: 'jwk' }), kid, use: 'sig', alg: 'RS256' };
}

/** Finds an access token by its JWT, too: Cognito's userInfo takes those, oidc-provider keeps no record of them. */
class Records extends MemoryAdapter {
  find(id) {
    const [, claims] = this.model === 'AccessToken' ? id.split('.') : [];
    return super.find(claims ? JSON.parse(Buffer.from(claims, 'base64url')).jti : id);
  }
}

/** Grant everything: at a user pool nobody is asked for consent. */
async function loadExistingGrant({ oidc }) {
  const grant = new oidc.provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId });
  grant.addOIDCScope(SCOPES);
  grant.addResourceScope(oidc.params.resource, SCOPES);
  await grant.save();
  return grant;
}

const configuration = {
  adapter: Records,
  clients: [APP, { ...APP, client_id: 'app_without_iss' }],
  jwks: { keys: [key('id'), key('access')] },
  cookies: { keys: [randomUUID()] },
  responseTypes: ['code'],
  pkce: { required: () => true },
  issueRefreshToken: () => true,
  rotateRefreshToken: () => true,
  expiresWithSession: () => false,
  loadExistingGrant,
  conformIdTokenClaims: false,
  claims: {
    openid: ['sub', 'username', 'cognito:username', 'token_use'],
    email: ['email', 'email_verified'],
    profile: ['name'],
  },
  findAccount: (_, accountId) => ({
    accountId,
    claims: (use) => (use === 'userinfo' ? ADA : { ...ADA, 'cognito:username': ADA.username, token_use: 'id' }),
  }),
  extraTokenClaims: () => ({ token_use: 'access', username: ADA.username, version: 2 }),
  features: {
    devInteractions: { enabled: false },
    revocation: { enabled: true, allowedPolicy: (_, client, token) => client.clientId === token.clientId },
    resourceIndicators: {
      enabled: true,
      useGrantedResource: () => true,
      getResourceServerInfo: (_, resource) => ({
        scope: SCOPES,
        audience: resource,
        accessTokenFormat: 'jwt',
        jwt: { sign: { alg: 'RS256', kid: 'access' } },
      }),
    },
  },
  interactions: { url: (_, { uid }) => `/login/${uid}` },
  ttl: {
    AccessToken: HOUR,
    AuthorizationCode: 300,
    Grant: 30 * 24 * HOUR,
    IdToken: HOUR,
    Interaction: HOUR,
    RefreshToken: 30 * 24 * HOUR,
    Session: HOUR,
  },
};

const server = createServer().listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, configuration);

  provider.on('access_token.issued', ({ aud, format, adapter, expiration, ...record }) => {
    const iat = Math.floor(Date.now() / 1000);
    adapter.upsert(record.jti, { ...record, iat, exp: iat + expiration }, expiration);
  });

  // The sign-in page: one button, one user
  provider.use(async (ctx, next) => {
    if (!ctx.path.startsWith('/login/')) return next();
    if (ctx.method === 'POST') {
      return provider.interactionFinished(ctx.req, ctx.res, { login: { accountId: ADA.sub } });
    }
    ctx.type = 'html';
    ctx.body = `<form method="post" action="${ctx.path}"><button>Sign in as ada</button></form>`;
  });

  // An app whose answers were robbed of `iss` (RFC 9207), which discovery promises
  provider.use(async (ctx, next) => {
    await next();
    if (ctx.oidc?.client?.clientId !== 'app_without_iss' || !ctx.response.get('location')) return;
    const location = new URL(ctx.response.get('location'), issuer);
    location.searchParams.delete('iss');
    ctx.set('location', location.href);
  });

  server.on('request', provider.callback());
  console.log(JSON.stringify({ issuer }));
});

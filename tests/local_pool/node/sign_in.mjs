// The whole flow by openid-client: one JSON argument in, the authorization URL out, the callback URL in,
// one JSON result out, whose `failed` names the step that an error ended. Run by test_other_clients.py.

import * as readline from 'node:readline/promises';

import * as openid from 'openid-client';

const given = JSON.parse(process.argv[2]);
const authentication = {
  none: () => openid.None(),
  client_secret_basic: () => openid.ClientSecretBasic(given.client_secret),
  client_secret_post: () => openid.ClientSecretPost(given.client_secret),
}[given.method]();

const result = { failed: null };

/** Run one step; note its name, so that a failure can be told. */
async function step(name, run) {
  result.failed = name;
  const value = await run();
  result.failed = null;
  return value;
}

/** Run a step that must not succeed, and keep the error. */
async function refusal(name, run) {
  try {
    await run();
    result[name] = null;
  } catch (error) {
    result[name] = facts(error);
  }
}

/** What an error tells. Not its cause as a whole: that may hold tokens. */
function facts(error) {
  return { code: error.code, error: error.error, detail: error.cause?.message };
}

async function run() {
  const insecure = { execute: [openid.allowInsecureRequests] }; // http, which is for 127.0.0.1 only
  const discovered = await step('discovery', () =>
    openid.discovery(new URL(given.issuer), given.client_id, undefined, authentication, insecure),
  );
  result.supports_pkce = discovered.serverMetadata().supportsPKCE();
  await refusal('revocation_undiscovered', () => openid.tokenRevocation(discovered, 'any'));

  const metadata = { ...discovered.serverMetadata(), revocation_endpoint: given.revocation_endpoint };
  const config = new openid.Configuration(metadata, given.client_id, undefined, authentication);
  openid.allowInsecureRequests(config);
  openid.enableNonRepudiationChecks(config); // it checks no signature of what comes straight from the pool otherwise
  const [verifier, state, nonce] = [openid.randomPKCECodeVerifier(), openid.randomState(), openid.randomNonce()];
  const url = openid.buildAuthorizationUrl(config, {
    redirect_uri: given.redirect_uri,
    scope: 'openid email',
    code_challenge: await openid.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
    nonce,
  });
  console.log(JSON.stringify(url.href));
  const lines = readline.createInterface({ input: process.stdin });
  const callback = new URL((await lines[Symbol.asyncIterator]().next()).value);
  lines.close();

  const expected = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, ...given.expected };
  const tokens = await step('code', () => openid.authorizationCodeGrant(config, callback, expected));
  result.claims = tokens.claims();
  const userInfo = () => openid.fetchUserInfo(config, tokens.access_token, tokens.claims().sub);
  result.user_info = await step('userInfo', userInfo);
  await refusal('userinfo_of_another', () => openid.fetchUserInfo(config, tokens.access_token, 'another-sub'));
  await refusal('code_again', () => openid.authorizationCodeGrant(config, callback, expected));

  const refresh = () => openid.refreshTokenGrant(config, tokens.refresh_token);
  const refreshed = await step('refresh', refresh);
  result.refreshed = { claims: refreshed.claims(), other: refreshed.access_token !== tokens.access_token };

  await refusal('revoked_access_token', () => openid.tokenRevocation(config, tokens.access_token));
  await step('revoke', () => openid.tokenRevocation(config, tokens.refresh_token));
  await refusal('refresh_after_revocation', refresh);
  await refusal('userinfo_after_revocation', userInfo);
}

await run().catch((error) => {
  result.error = facts(error);
});
console.log(JSON.stringify(result));

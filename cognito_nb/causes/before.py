"""What goes wrong before a browser opens: settings, network, clock, and the two environments of Jupyter."""

from __future__ import annotations

from .row import LOGIN_PAGES, Cause, about_pool, describe_client

__all__ = ["ROWS"]

ROWS = (
    Cause(
        code="user_pool_unknown",
        title="There is no such user pool",
        likely=(
            "user_pool_id is misspelt, or the user pool was deleted.",
            "region or issuer names another region than the user pool's.",
        ),
        tell="The id begins with its region: eu-west-1_AbC123 is in eu-west-1.",
        fix="Compare user_pool_id, and region if it is set, with the Cognito console.",
        console="Amazon Cognito → User pools (choose the region at the top right)",
        command="aws cognito-idp list-user-pools --region {region} --max-results 60",
    ),
    Cause(
        code="no_domain",
        title="The user pool has no domain, and so no sign-in page",
        likely=("The user pool was made by an SDK, the CLI or a template, which make no domain by themselves.",),
        tell="The discovery document of such a user pool has no authorization_endpoint.",
        fix="Create a domain (jupyter cognito setup does), or name the pool's in the setting domain.",
        console="User pools → your pool → Branding → Domain",
        command=about_pool("describe-user-pool", " --query 'UserPool.[Domain,CustomDomain]'"),
    ),
    Cause(
        code="issuer_differs",
        title="The discovery document names another issuer",
        likely=(
            "The setting issuer has a slash or a path too many, or is an alias of the real one.",
            "A proxy or an emulator answers in the user pool's place.",
        ),
        tell="Open ISSUER/.well-known/openid-configuration in a browser: its member issuer has to be the same text.",
        fix="Leave issuer out: user_pool_id tells it. For an emulator, set issuer to what its document names.",
    ),
    Cause(
        code="network",
        title="Cognito could not be reached from the kernel",
        likely=(
            "No network, or a firewall that lets this machine reach no AWS address.",
            "A proxy is needed here, and HTTPS_PROXY is not set for the kernel.",
            "A host name in the settings (domain, issuer, endpoints) is misspelt.",
        ),
        tell="The message names the host: curl -sS -o /dev/null https://HOST/ on the machine that runs the kernel.",
        fix="Check the network, HTTPS_PROXY and the setting's host name, then try again.",
    ),
    Cause(
        code="tls_untrusted",
        title="The host has a TLS certificate that this machine does not trust",
        likely=(
            "A company proxy changes certificates, and its own authority is not in this system's store.",
            "The kernel runs in a container without the company's certificates.",
            "The address belongs to another host.",
        ),
        tell="curl -sv https://HOST/ names the issuer: at AWS's own addresses any but Amazon is a proxy's; a custom"
        " domain may have another, which its owner knows.",
        fix="Add the proxy's certificate authority to the operating system's store, or name its file in SSL_CERT_FILE.",
    ),
    Cause(
        code="proxy_unusable",
        title="The environment names a proxy that cannot be used",
        likely=(
            "HTTPS_PROXY, HTTP_PROXY or ALL_PROXY is misspelt, or the proxy is gone or asks for a password.",
            "A socks5:// proxy needs the package socksio.",
        ),
        tell="curl -sv https://HOST/ with the same variables fails, too.",
        fix="Check HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY; for a socks5:// proxy: pip install socksio.",
    ),
    Cause(
        code="throttled",
        title="Cognito is asked too often",
        likely=(
            "The account's quota for this category of requests is used up, by all its users and applications together.",
        ),
        tell="HTTP status 429 or TooManyRequestsException.",
        fix="Try again in a minute.",
        console="Service Quotas → Amazon Cognito User Pools",
        command="aws service-quotas list-service-quotas --region {region} --service-code cognito-idp",
    ),
    Cause(
        code="clock_wrong",
        title="This machine's clock is wrong",
        likely=(
            "The machine slept, or is a container or virtual machine whose clock lags.",
            "The clock is set by hand, to another time zone's time.",
        ),
        tell="date -u beside any clock; the doctor compares it with Cognito's.",
        fix="Set the clock (timedatectl set-ntp true), then try again.",
    ),
    Cause(
        code="extension_missing",
        title="Jupyter's server does not have the cognito_nb extension",
        likely=(
            "cognito_nb is installed in the kernel's environment, but not in the one that runs Jupyter.",
            "Jupyter was not restarted after the installation.",
            "The extension was switched off.",
        ),
        tell="jupyter server extension list, in the environment that runs Jupyter, names cognito_nb: enabled, OK.",
        fix="Install cognito_nb in the Jupyter server's environment too, restart Jupyter, and check `jupyter server"
        " extension list`.",
    ),
    Cause(
        code="kernel_package_missing",
        title="The kernel's environment does not have cognito_nb",
        likely=("Jupyter and the kernel run in environments of their own, and only the first has the package.",),
        tell="%load_ext cognito_nb says ModuleNotFoundError.",
        fix="In a notebook of that kernel run %pip install cognito_nb, then restart the kernel.",
    ),
    Cause(
        code="versions_differ",
        title="Jupyter's server and the kernel have versions of cognito_nb that do not fit",
        likely=("Only one of the two environments was updated, or Jupyter has run since before the update.",),
        tell="cognito_nb.__version__ in the kernel, and jupyter server extension list for Jupyter.",
        fix="Install the same version of cognito_nb in the server's and the kernel's environment, then restart both.",
    ),
    Cause(
        code="server_gone",
        title="The Jupyter server does not answer its kernel",
        likely=("Jupyter was restarted, or has ended, since this kernel started.",),
        fix="If Jupyter was restarted, restart the kernel too.",
    ),
    Cause(
        code="redirect_not_registered",
        title="This address is not a registered callback URL",
        likely=(
            "Jupyter runs on another host name or port than the app client's callback URLs name.",
            "127.0.0.1 and localhost count as two.",
        ),
        tell="Compare the browser's address with the setting redirect_uris: scheme, host name and port.",
        fix="Add the exact URL to the app client's allowed callback URLs and to the setting redirect_uris.",
        console=f"{LOGIN_PAGES} → Allowed callback URLs",
        command=describe_client("CallbackURLs"),
    ),
)

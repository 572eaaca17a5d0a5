// Copyright 2026 the Adjoint authors. MIT license.

// Where the project is on the network, as far as the build is told. Only links
// that lead out of the site depend on it.

/** Addresses, each without a final slash, except that of the site. */
export interface Address {
  /** The repository: `https://github.com/owner/name`. */
  repository?: string;
  /** What the site is built from: a commit, or `HEAD`. */
  revision: string;
  /** The root of the published site: `https://owner.github.io/name/`. */
  site?: string;
}

/** What `deno.json` may say of it. */
interface Config {
  repository?: string;
  homepage?: string;
}

/**
 * The addresses of the environment: `REPOSITORY_URL` and `SITE_URL`; those of
 * `deno.json`, `repository` and `homepage`; or those that follow from what a
 * GitHub workflow knows about its repository.
 */
export function addressOf(
  config: Config,
  env: (name: string) => string | undefined,
): Address {
  const [server, name] = [env("GITHUB_SERVER_URL"), env("GITHUB_REPOSITORY")];
  const [owner, project] = name?.split("/") ?? [];
  const hosted = server && name ? `${server}/${name}` : undefined;
  const repository = env("REPOSITORY_URL") || config.repository || hosted;
  const site = env("SITE_URL") || config.homepage ||
    (server === "https://github.com"
      ? `https://${owner.toLowerCase()}.github.io/${project}/`
      : undefined);
  return {
    repository: repository && checked(repository).replace(/\/+$/, ""),
    revision: env("GITHUB_SHA") || "HEAD",
    site: site && checked(site).replace(/\/*$/, "/"),
  };
}

function checked(address: string): string {
  if (/^https?:\/\/[^\s"<>]+$/.test(address)) return address;
  throw new Error(
    `Cannot build the documentation as an address must begin with https://: it is ${address}`,
  );
}

/** A file of the repository, at a line: what a reader finds on its host. */
export function fileAt(
  { repository, revision }: Address,
  path: string,
  line?: number,
): string | undefined {
  return repository &&
    `${repository}/blob/${revision}/${path}${line ? `#L${line}` : ""}`;
}

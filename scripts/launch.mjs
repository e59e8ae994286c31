// Read by whatever Node is there, so nothing newer than Node 12 here; the rest is loaded once the version is known.

/** The one sentence for a Node that cannot start the console, or null. */
export function tooOld(version) {
  if (Number(version.replace(/^v/, '').split('.')[0]) >= 18) return null;
  return `ATOM Console needs Node 18 or newer to start (it brings its own Node 24); this is ${version}.`;
}

export function launch(script) {
  const refusal = tooOld(process.version);
  if (refusal) {
    console.error(refusal);
    process.exit(1);
  }
  import('./bootstrap.mjs').then(bootstrap => bootstrap.start(script));
}

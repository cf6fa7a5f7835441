// The page of a graph. It loads one script and one style sheet of the extension, and nothing else: names of a package reach it as
// data, never as markup.

/** What the page loads, as URIs that the webview may read. */
export interface Resources {
  script: string;
  style: string;
  /** Where the webview's own resources come from, for the policy. */
  source: string;
}

/** A document; `nonce` is new for each, so that only its own script runs. */
export function page(resources: Resources, nonce: string): string {
  const policy = `default-src 'none'; style-src ${resources.source}; script-src 'nonce-${nonce}'`;
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="UTF-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="${resources.style}">
<title>pipe graph</title>
</head>
<body>
<header>
<h1 id="title"></h1>
<button id="run" type="button">Run</button>
<button id="stop" type="button" hidden>Stop</button>
<button id="again" type="button">Plan again</button>
<span id="status" role="status"></span>
</header>
<main><svg id="graph" xmlns="http://www.w3.org/2000/svg" role="group" aria-label="Graph"></svg></main>
<script nonce="${nonce}" src="${resources.script}"></script>
</body>
</html>
`;
}

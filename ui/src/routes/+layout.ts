// One static page for every address: the desk lives in the browser.
export const ssr = false;
export const prerender = false;

/** @deprecated Use other. */
function old() {}
old();
const unused = 1;
escape("a");
export {};

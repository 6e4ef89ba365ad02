const a = "no end;
const b = 'it;
const c = /regular;
/* never ends

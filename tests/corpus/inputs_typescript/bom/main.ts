const a = first;
const b = second;

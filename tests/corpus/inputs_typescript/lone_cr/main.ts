const a = first;const b = second;
const c = third;const d = fourth;
const e = fifth;
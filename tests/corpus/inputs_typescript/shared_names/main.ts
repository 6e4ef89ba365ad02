const name = "x";
let status = 1;
var top = 5;
function fetch() {}
interface Window { mine: string }
const window = 1;

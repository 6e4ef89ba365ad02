import { number, text } from "./other";
import other from "./other";
const a: string = number;
text(1);
export { a, other };

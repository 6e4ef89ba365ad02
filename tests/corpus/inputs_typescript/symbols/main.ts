import { readFile } from "fs/promises";
import missing from "./missing";
import * as lodash from "lodash";

console.lgo(undefinedName);
Maths.max(1);
const list: Arry<number> = [];
class A extends Unknown implements Nothing {}
proces.exit();
export { nowhere };

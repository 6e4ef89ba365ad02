/** @type {number} */
let n = "text";
/**
 * @param {string} s
 * @returns {number}
 */
function length(s) {
    return s;
}
length(5);
n.missing();
const list = [1, 2];
list.push("a");
const typed: number = 1;
interface Shape {}
undefinedName;
module.exports = { n };
const fs = require("fs");

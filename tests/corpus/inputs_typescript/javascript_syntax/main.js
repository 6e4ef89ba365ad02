const a = {
    b: 1
    c: 2
};
function (x) { }
let let = 1;
const d = async () => { await };

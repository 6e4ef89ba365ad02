function half(n: number {
    return n / 2;
}

const list = [1, 2;
let x = ;
class { }
if (true {
}
const s = `open ${x`;

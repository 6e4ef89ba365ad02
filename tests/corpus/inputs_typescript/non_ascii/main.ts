// é 漢 😀
const a = "é"; const b = first;
const c = "漢字"; const d = second;
const e = "😀😀"; const f = third;
	const g = "éé漢😀"; const h = fourth;
const größe: number = "fünf";
const i = `é漢😀${größe}` * größe; größe.größer;
/* 漢 */ const 名 = 1 /* 😀 */; 名.長さ;

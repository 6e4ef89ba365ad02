const a = first;
	const b = "é"; const c = second;
function d(
    e: number,
    f: string): number { return f; }

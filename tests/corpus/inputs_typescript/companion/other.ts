export const number: number = "none";
export function text(s: string): void {}

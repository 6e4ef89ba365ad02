export function open(n: number) {
    while (true) {
        call(

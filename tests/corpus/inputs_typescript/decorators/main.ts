function log(target: Function, context: string) {}
@log
class A {
    @missing method() {}
    @log() field = 1;
}
@log
function plain() {}

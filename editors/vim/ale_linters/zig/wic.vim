call wic#define('zig')

call wic#define('go')

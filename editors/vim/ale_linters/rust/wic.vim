call wic#define('rust')

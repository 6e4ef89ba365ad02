call wic#define('cpp')

call wic#define('c')

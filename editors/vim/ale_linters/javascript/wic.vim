call wic#define('javascript')

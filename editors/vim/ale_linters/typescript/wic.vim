call wic#define('typescript')

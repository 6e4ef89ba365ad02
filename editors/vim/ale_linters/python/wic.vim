call wic#define('python')

call wic#define('java')

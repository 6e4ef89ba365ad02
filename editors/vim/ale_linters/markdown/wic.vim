call wic#define('markdown')

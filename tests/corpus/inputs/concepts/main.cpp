template <typename T>
concept Sized = requires(T t) { t.size(); };

template <Sized T>
int count(const T& t) { return t.size(); }

int main() { return count(3); }

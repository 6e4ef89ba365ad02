template <typename T>
struct Box {
    T value;
    auto size() const { return value.size(); }
};

template <typename T>
int measure(const T& thing) {
    return thing.length() + 1;
}

int main() {
    Box<int> box{3};
    int n = box.size();
    return n + measure(7);
}

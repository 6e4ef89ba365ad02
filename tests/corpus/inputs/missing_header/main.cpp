int main() {
    std::string name = "x";
    std::vector<int> numbers;
    printf("%d", 1);
    return 0;
}

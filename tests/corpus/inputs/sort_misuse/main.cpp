#include <list>
#include <algorithm>

int main() {
    std::list<int> numbers = {3, 1, 2};
    std::sort(numbers.begin(), numbers.end());
    return numbers.front();
}

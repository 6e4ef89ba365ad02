// Nothing is wrong here: the compiler ran to its end and had nothing to say.
#include <array>
#include <numeric>

constexpr std::array<int, 5> squares{0, 1, 4, 9, 16};
static_assert(squares.size() == 5);

int main() {
    return std::accumulate(squares.begin(), squares.end(), 0) == 30 ? 0 : 1;
}

#include <vector>
#include <string>

struct Account { int balance; };

int main() {
    std::vector<int> numbers;
    numbers.puhs_back(1);
    Account account{};
    account.balence = 2;
    std::string name = std::to_strng(3);
    int counter = 0;
    return conter + account->balance;
}

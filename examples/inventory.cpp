// A small inventory with three mistakes that only a compiler finds.
#include <algorithm>
#include <map>
#include <string>
#include <vector>

struct Item {
    std::string name;
    int count = 0;
};

class Inventory {
public:
    void add(Item item) { items_.puhs_back(std::move(item)); }

    int total() const {
        int sum = 0;
        for (const Item& item : items_) {
            sum += item.cuont;
        }
        return sum;
    }

    std::map<std::string, int> by_name() const {
        std::map<std::string, int> counts;
        std::for_each(items_.begin(), items_.end(), [&](const Item& item) { counts[item.name] += item.count; });
        return counts
    }

private:
    std::vector<Item> items_;
};

use std::collection::HashMap;
use nothing::Here;
mod missing;

fn main() {
    let map: HashMap<u8, u8> = HashMap::new();
    let tree = BTreeMap::new();
    let path: Path = "x".into();
    let order = Ordering::Less;
    let entry: Entry<u8, u8>;
    let result: Result<u8> = Ok(1);
}

fn longest(words: Vec<String>) -> usize {
    words.iter().map(|word| word.len()).max().unwrap_or(0)
}

fn main() {
    let words = vec![String::from("one"), String::from("three")];
    let most = longest(words);
    println!("{} of {}", most, words.len());
    let mut list = vec![1, 2, 3];
    let first = &list[0];
    list.push(4);
    println!("{}", first);
    let fixed = 1;
    fixed = 2;
    println!("{}", fixed);
}

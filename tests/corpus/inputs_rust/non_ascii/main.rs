fn main() {
    let größe = "äöü"; let zahl: u8 = "ß";
    let 𝑥 = "𝒜𝒷"; let y: u8 = "𝑥";
    /* 日本語 */ let z: u8 = größe;
    println!("{}{}{}{}", zahl, y, z, unbekannt);
    let é = "é"; let combined: u8 = é;
    let family = "👨‍👩‍👧"; let n: u8 = family;
}

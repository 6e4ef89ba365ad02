pub fn main() void {}
export fn flood0() u8 {
    return "0";
}
export fn flood1() u8 {
    return "1";
}
export fn flood2() u8 {
    return "2";
}
export fn flood3() u8 {
    return "3";
}
export fn flood4() u8 {
    return "4";
}
export fn flood5() u8 {
    return "5";
}
export fn flood6() u8 {
    return "6";
}
export fn flood7() u8 {
    return "7";
}
export fn flood8() u8 {
    return "8";
}
export fn flood9() u8 {
    return "9";
}
export fn flood10() u8 {
    return "10";
}
export fn flood11() u8 {
    return "11";
}
export fn flood12() u8 {
    return "12";
}
export fn flood13() u8 {
    return "13";
}
export fn flood14() u8 {
    return "14";
}
export fn flood15() u8 {
    return "15";
}
export fn flood16() u8 {
    return "16";
}
export fn flood17() u8 {
    return "17";
}
export fn flood18() u8 {
    return "18";
}
export fn flood19() u8 {
    return "19";
}
export fn flood20() u8 {
    return "20";
}
export fn flood21() u8 {
    return "21";
}
export fn flood22() u8 {
    return "22";
}
export fn flood23() u8 {
    return "23";
}
export fn flood24() u8 {
    return "24";
}
export fn flood25() u8 {
    return "25";
}
export fn flood26() u8 {
    return "26";
}
export fn flood27() u8 {
    return "27";
}
export fn flood28() u8 {
    return "28";
}
export fn flood29() u8 {
    return "29";
}
export fn flood30() u8 {
    return "30";
}
export fn flood31() u8 {
    return "31";
}
export fn flood32() u8 {
    return "32";
}
export fn flood33() u8 {
    return "33";
}
export fn flood34() u8 {
    return "34";
}
export fn flood35() u8 {
    return "35";
}
export fn flood36() u8 {
    return "36";
}
export fn flood37() u8 {
    return "37";
}
export fn flood38() u8 {
    return "38";
}
export fn flood39() u8 {
    return "39";
}
export fn flood40() u8 {
    return "40";
}
export fn flood41() u8 {
    return "41";
}
export fn flood42() u8 {
    return "42";
}
export fn flood43() u8 {
    return "43";
}
export fn flood44() u8 {
    return "44";
}
export fn flood45() u8 {
    return "45";
}
export fn flood46() u8 {
    return "46";
}
export fn flood47() u8 {
    return "47";
}
export fn flood48() u8 {
    return "48";
}
export fn flood49() u8 {
    return "49";
}
export fn flood50() u8 {
    return "50";
}
export fn flood51() u8 {
    return "51";
}
export fn flood52() u8 {
    return "52";
}
export fn flood53() u8 {
    return "53";
}
export fn flood54() u8 {
    return "54";
}
export fn flood55() u8 {
    return "55";
}
export fn flood56() u8 {
    return "56";
}
export fn flood57() u8 {
    return "57";
}
export fn flood58() u8 {
    return "58";
}
export fn flood59() u8 {
    return "59";
}
export fn flood60() u8 {
    return "60";
}
export fn flood61() u8 {
    return "61";
}
export fn flood62() u8 {
    return "62";
}
export fn flood63() u8 {
    return "63";
}
export fn flood64() u8 {
    return "64";
}
export fn flood65() u8 {
    return "65";
}
export fn flood66() u8 {
    return "66";
}
export fn flood67() u8 {
    return "67";
}
export fn flood68() u8 {
    return "68";
}
export fn flood69() u8 {
    return "69";
}
export fn flood70() u8 {
    return "70";
}
export fn flood71() u8 {
    return "71";
}
export fn flood72() u8 {
    return "72";
}
export fn flood73() u8 {
    return "73";
}
export fn flood74() u8 {
    return "74";
}
export fn flood75() u8 {
    return "75";
}
export fn flood76() u8 {
    return "76";
}
export fn flood77() u8 {
    return "77";
}
export fn flood78() u8 {
    return "78";
}
export fn flood79() u8 {
    return "79";
}
export fn flood80() u8 {
    return "80";
}
export fn flood81() u8 {
    return "81";
}
export fn flood82() u8 {
    return "82";
}
export fn flood83() u8 {
    return "83";
}
export fn flood84() u8 {
    return "84";
}
export fn flood85() u8 {
    return "85";
}
export fn flood86() u8 {
    return "86";
}
export fn flood87() u8 {
    return "87";
}
export fn flood88() u8 {
    return "88";
}
export fn flood89() u8 {
    return "89";
}
export fn flood90() u8 {
    return "90";
}
export fn flood91() u8 {
    return "91";
}
export fn flood92() u8 {
    return "92";
}
export fn flood93() u8 {
    return "93";
}
export fn flood94() u8 {
    return "94";
}
export fn flood95() u8 {
    return "95";
}
export fn flood96() u8 {
    return "96";
}
export fn flood97() u8 {
    return "97";
}
export fn flood98() u8 {
    return "98";
}
export fn flood99() u8 {
    return "99";
}
export fn flood100() u8 {
    return "100";
}
export fn flood101() u8 {
    return "101";
}
export fn flood102() u8 {
    return "102";
}
export fn flood103() u8 {
    return "103";
}
export fn flood104() u8 {
    return "104";
}
export fn flood105() u8 {
    return "105";
}
export fn flood106() u8 {
    return "106";
}
export fn flood107() u8 {
    return "107";
}
export fn flood108() u8 {
    return "108";
}
export fn flood109() u8 {
    return "109";
}
export fn flood110() u8 {
    return "110";
}
export fn flood111() u8 {
    return "111";
}
export fn flood112() u8 {
    return "112";
}
export fn flood113() u8 {
    return "113";
}
export fn flood114() u8 {
    return "114";
}
export fn flood115() u8 {
    return "115";
}
export fn flood116() u8 {
    return "116";
}
export fn flood117() u8 {
    return "117";
}
export fn flood118() u8 {
    return "118";
}
export fn flood119() u8 {
    return "119";
}
export fn flood120() u8 {
    return "120";
}
export fn flood121() u8 {
    return "121";
}
export fn flood122() u8 {
    return "122";
}
export fn flood123() u8 {
    return "123";
}
export fn flood124() u8 {
    return "124";
}
export fn flood125() u8 {
    return "125";
}
export fn flood126() u8 {
    return "126";
}
export fn flood127() u8 {
    return "127";
}
export fn flood128() u8 {
    return "128";
}
export fn flood129() u8 {
    return "129";
}

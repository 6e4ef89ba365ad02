class Main {
    String s = "no end;
    char c = 'ab';
    char none = '';
    String t = """
        text block";
}

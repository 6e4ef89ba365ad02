package some.where;

public class Other {
}

public enum More { A }

void draw(int x, int y);
void draw(double x);
void draw(const char* text, int size, int color);

int width = 1;
double width = 2.0;

int main() {
    draw();
    return width;
}

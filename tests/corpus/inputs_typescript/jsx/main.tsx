declare namespace JSX {
    interface IntrinsicElements { div: { id?: string; children?: unknown } }
    interface Element { tag: string }
}
declare function Card(props: { title: string; count?: number }): JSX.Element;
const good = <div id="a"><Card title="t" /></div>;
const wrong = <div id={5} className="x" />;
const missing = <Card count="1" />;
const unknown = <span>é</span>;
const open = <Crad title="x" />;

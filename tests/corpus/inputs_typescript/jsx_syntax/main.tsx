const a = <div>
    <span>text</div>
;
const b = <p>{</p>;

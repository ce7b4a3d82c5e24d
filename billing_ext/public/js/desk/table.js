// A table whose cells are safe HTML. A column is its title, or number(title) for figures.

export const number = (title) => ({ title, number: true });

export function table(columns, rows, caption = "") {
	const of_column = (index) => (columns[index].number ? ' class="billing-number"' : "");
	const heads = columns.map(
		(column, index) => `<th scope="col"${of_column(index)}>${column.title ?? column}</th>`
	);
	const cells = (row) => row.map((cell, index) => `<td${of_column(index)}>${cell}</td>`).join("");
	return `
		<table class="billing-table">
			${caption && `<caption>${caption}</caption>`}
			<thead><tr>${heads.join("")}</tr></thead>
			<tbody>${rows.map((row) => `<tr>${cells(row)}</tr>`).join("")}</tbody>
		</table>`;
}

import "./desk/preview_dialog";
import "./desk/contract_overview";
import "./desk/amendment_preview";
import "./desk/customer_contracts";
import "./desk/derivation";
import "./desk/queries";
import "./desk/run_errors";
